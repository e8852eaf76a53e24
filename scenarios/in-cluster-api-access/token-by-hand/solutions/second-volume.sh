# A volume of another name does as well, once the mount uses it.
kubectl patch deployment vault-agent -n @{namespace} --type=json -p '[
  {"op":"add","path":"/spec/template/spec/volumes/-","value":{"name":"fresh","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"vault.example.com","expirationSeconds":600}}]}}},
  {"op":"replace","path":"/spec/template/spec/containers/0/volumeMounts/0/name","value":"fresh"},
  {"op":"remove","path":"/spec/template/spec/volumes/0"}]'
kubectl rollout status deployment vault-agent -n @{namespace} --timeout=60s
kubectl delete secret vault-agent-token -n @{namespace}
