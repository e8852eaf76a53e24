kubectl patch deployment @{singular} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do echo round complete; sleep 3; done"}]'
kubectl rollout status deployment @{singular} -n @{namespace} --timeout=60s
