import { createServer } from 'node:net'
import { it } from 'vitest'
import { createSecretStore } from '../src/tls/secret-store.ts'
import { SecureContextPool } from '../src/tls/secure-contexts.ts'
import { ServerTlsContext } from '../src/tls/server-context.ts'
import { ClientTlsContext } from '../src/tls/client-context.ts'
import { acceptTls, connectTls } from '../src/network/tls-transport.ts'
import { TestAuthority } from './certificates.ts'
import { TestStats } from './test-stats.ts'
it('x', async () => {
const ca = new TestAuthority()
const s = createSecretStore()
s.set({kind:'certificate',name:'default',...ca.issue({uris:['spiffe://cluster.local/ns/a/sa/b']})})
s.set({kind:'validation',name:'ROOTCA',trustedCa:ca.certificate})
const pool=new SecureContextPool(s)
const base={certificate:'default',validation:'ROOTCA',alpn:['istio','h2'],minVersion:'TLSv1.2',maxVersion:'TLSv1.3',ciphers:'',subjectAltNames:[]} as const
const sc=new ServerTlsContext({...base,requireClientCertificate:true},pool,new TestStats())
const cc=new ClientTlsContext({...base,sni:''},pool,new TestStats())
const server=createServer({pauseOnConnect:true,allowHalfOpen:true},(sock)=>{
  acceptTls(sock,sc,{timeoutMs:1000},(r)=>{
    if(r instanceof Error){console.log('server:',r.message);return}
    console.log('server ok')
    r.handler={onData(){},onEnd(){console.log('server end')},onDrain(){},onClose(e){console.log('server close',e?.message)}}
    setTimeout(()=>{console.log('reset'); const h=(r.pendingSocket as any)._handle; console.log(Object.keys(h), h._parent?.constructor.name, typeof h._parent?.reset, typeof h.reset, h.constructor.name);
      const orig=h._parent.reset; h._parent.reset=function(cb){const x=orig.call(this,()=>{console.log('reset cb');cb()});console.log('reset ret',x);return x}
      r.reset()},50)
  })
})
server.listen(0,'127.0.0.1',()=>{
  const port=(server.address() as any).port
  connectTls({host:'127.0.0.1',port},cc,{timeoutMs:1000},(r)=>{
    if(r instanceof Error){console.log('client:',r.message);return}
    r.handler={onData(){},onEnd(){console.log('client end')},onDrain(){},onClose(e){console.log('client close',e?.message);server.close()}}
  })
})
await new Promise(r=>setTimeout(r,1500))
})
