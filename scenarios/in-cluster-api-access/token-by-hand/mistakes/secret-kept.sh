kubectl patch deployment vault-agent -n @{namespace} --type=json -p '[{"op":"replace","path":"/spec/template/spec/volumes/0",
  "value":{"name":"vault-token","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"vault.example.com","expirationSeconds":600}}]}}}]'
kubectl rollout status deployment vault-agent -n @{namespace} --timeout=60s
