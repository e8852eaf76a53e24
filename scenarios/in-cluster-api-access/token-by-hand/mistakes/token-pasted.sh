kubectl create secret generic @{host}-token -n @{namespace} \
  --from-literal=token="$(kubectl create token @{host}-agent -n @{namespace} --audience=@{host}.example.com --duration=2h)"
kubectl patch deployment @{host}-agent -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/volumes/0/secret/secretName","value":"@{host}-token"}]'
kubectl rollout status deployment @{host}-agent -n @{namespace} --timeout=60s
kubectl delete secret @{host}-agent-token -n @{namespace}
