kubectl patch deployment @{host}-agent -n @{namespace} --type=json -p '[{"op":"replace","path":"/spec/template/spec/volumes/0",
  "value":{"name":"@{host}-token","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"@{host}.example.com","expirationSeconds":@{seconds}}}]}}}]'
kubectl rollout status deployment @{host}-agent -n @{namespace} --timeout=60s
kubectl delete secret @{host}-agent-token -n @{namespace}
kubectl create serviceaccount agent -n @{namespace}
kubectl set serviceaccount deployment @{host}-agent agent -n @{namespace}
kubectl rollout status deployment @{host}-agent -n @{namespace} --timeout=60s
