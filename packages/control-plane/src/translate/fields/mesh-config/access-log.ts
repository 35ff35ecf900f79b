import { ACCESS_LOGGERS, type AccessLog, type FileAccessLog, jsonToStruct, packAny } from '@batten/xds'
import type { MeshConfig } from '../../../model/mesh-config.ts'

/** Istio's default text format. */
const DEFAULT_TEXT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n'

/** Istio's default fields of JSON logs. */
const DEFAULT_JSON: Readonly<Record<string, string>> = {
  start_time: '%START_TIME%',
  route_name: '%ROUTE_NAME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
}

/**
 * `accessLogFile`, `accessLogFormat`, `accessLogEncoding` -> access log of a listener's chain; none without a file.
 *
 * @see https://istio.io/latest/docs/tasks/observability/logs/access-log/
 */
export function meshConfigToAccessLog(mesh: MeshConfig): AccessLog[] {
  if (mesh.accessLogFile === '') return []
  const message: FileAccessLog = {
    path: mesh.accessLogFile,
    logFormat: mesh.accessLogEncoding === 'JSON' ? jsonFormat(mesh) : textFormat(mesh),
  }
  return [
    {
      name: ACCESS_LOGGERS.file,
      typedConfig: packAny('envoy.extensions.access_loggers.file.v3.FileAccessLog', message),
    },
  ]
}

function textFormat(mesh: MeshConfig): FileAccessLog['logFormat'] {
  return { textFormatSource: { inlineString: mesh.accessLogFormat || DEFAULT_TEXT } }
}

function jsonFormat(mesh: MeshConfig): FileAccessLog['logFormat'] {
  let fields: Record<string, unknown> = DEFAULT_JSON
  try {
    if (mesh.accessLogFormat !== '') fields = JSON.parse(mesh.accessLogFormat) as Record<string, unknown>
  } catch {
    // A format that is no JSON: the default is better than no log at all.
  }
  return { jsonFormat: jsonToStruct(fields) }
}
