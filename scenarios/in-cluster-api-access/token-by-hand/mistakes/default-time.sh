kubectl patch deployment @{host}-agent -n @{namespace} --type=json -p '[{"op":"replace","path":"/spec/template/spec/volumes/0",
  "value":{"name":"@{host}-token","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"@{host}.example.com"}}]}}}]'
kubectl rollout status deployment @{host}-agent -n @{namespace} --timeout=60s
kubectl delete secret @{host}-agent-token -n @{namespace}
