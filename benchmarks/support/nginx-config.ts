import type { ProxyPorts, TlsFiles } from './envoy-bootstrap.ts'

/** nginx as the origin: the file `body` of its directory, whatever is asked for. */
export function originConfig(port: number, directory: string): string {
  return config(
    directory,
    `open_file_cache max=16; server { listen 127.0.0.1:${port}; root ${directory}; location / { default_type text/plain; try_files /body =404; } }`,
  )
}

/** nginx as a proxy with kept connections to its upstream, request id included. */
export function proxyConfig(ports: ProxyPorts, directory: string): string {
  return config(directory, upstream(ports.upstream) + server(`listen 127.0.0.1:${ports.listen};`, 'http'))
}

/** The calling side of a pair: plain in, mutual TLS out. */
export function clientSidecarConfig(ports: ProxyPorts, directory: string, tls: TlsFiles): string {
  const options =
    `proxy_ssl_certificate ${tls.certificate}; proxy_ssl_certificate_key ${tls.key}; ` +
    `proxy_ssl_trusted_certificate ${tls.roots}; proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_protocols TLSv1.3;`
  return config(
    directory,
    upstream(ports.upstream) + server(`listen 127.0.0.1:${ports.listen};`, 'https', options),
  )
}

/** The called side of a pair: mutual TLS in, plain out. */
export function serverSidecarConfig(ports: ProxyPorts, directory: string, tls: TlsFiles): string {
  const options =
    `ssl_certificate ${tls.certificate}; ssl_certificate_key ${tls.key}; ssl_client_certificate ${tls.roots}; ` +
    'ssl_verify_client on; ssl_protocols TLSv1.3;'
  return config(
    directory,
    upstream(ports.upstream) + server(`listen 127.0.0.1:${ports.listen} ssl;`, 'http', options),
  )
}

function upstream(port: number): string {
  return `upstream origin { server 127.0.0.1:${port}; keepalive 256; keepalive_requests 100000000; }\n`
}

function server(listen: string, scheme: string, options = ''): string {
  return (
    `server { ${listen} ${options}\n location / { proxy_pass ${scheme}://origin; proxy_http_version 1.1; ` +
    'proxy_set_header Connection ""; proxy_set_header X-Request-Id $request_id; } }\n'
  )
}

function config(directory: string, body: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(' ')
  return (
    `worker_processes 1; daemon off; master_process off; pid ${directory}/nginx.pid; error_log ${directory}/error.log;\n` +
    'events { worker_connections 4096; }\n' +
    `http { access_log off; keepalive_requests 100000000; keepalive_timeout 600s; ${temporary}\n${body}}\n`
  )
}
