-- Posts the body given after `--` (wrk calls `init` before it formats the request) and prints one JSON line for bench/throughput.ts.
function init(args)
  wrk.method = "POST"
  wrk.body = args[1]
end

function done(summary, latency)
  local errors = summary.errors
  local line = 'bench {"requests":%d,"failed":%d,"seconds":%.3f,"p50Ms":%.3f,"p99Ms":%.3f}\n'
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(line:format(summary.requests, failed, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
