kubectl patch deployment vault-agent -n @{namespace} --type=json -p '[{"op":"replace","path":"/spec/template/spec/volumes/0",
  "value":{"name":"vault-token","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"vault.example.com","expirationSeconds":600}}]}}}]'
kubectl rollout status deployment vault-agent -n @{namespace} --timeout=60s
kubectl delete secret vault-agent-token -n @{namespace}
kubectl create serviceaccount agent -n @{namespace}
kubectl set serviceaccount deployment vault-agent agent -n @{namespace}
kubectl rollout status deployment vault-agent -n @{namespace} --timeout=60s
