kubectl create secret generic vault-token -n @{namespace} \
  --from-literal=token="$(kubectl create token vault-agent -n @{namespace} --audience=vault.example.com --duration=2h)"
kubectl patch deployment vault-agent -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/volumes/0/secret/secretName","value":"vault-token"}]'
kubectl rollout status deployment vault-agent -n @{namespace} --timeout=60s
kubectl delete secret vault-agent-token -n @{namespace}
