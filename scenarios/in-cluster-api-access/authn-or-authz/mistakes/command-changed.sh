kubectl patch deployment @{second} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl version; sleep 3; done"}]'
kubectl rollout status deployment @{second} -n @{namespace} --timeout=60s
