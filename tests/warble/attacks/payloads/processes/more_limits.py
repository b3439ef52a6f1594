# note: raising the limits that were set
# ends: sandbox
import resource

resource.setrlimit(resource.RLIMIT_CPU, (3600, 3600))
