import { besideEnvoy } from '../support/beside-envoy.ts'

besideEnvoy('access-log')
