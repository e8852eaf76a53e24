# A volume of another name does as well, once the mount uses it.
kubectl patch deployment @{host}-agent -n @{namespace} --type=json -p '[
  {"op":"add","path":"/spec/template/spec/volumes/-","value":{"name":"fresh","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"@{host}.example.com","expirationSeconds":@{seconds}}}]}}},
  {"op":"replace","path":"/spec/template/spec/containers/0/volumeMounts/0/name","value":"fresh"},
  {"op":"remove","path":"/spec/template/spec/volumes/0"}]'
kubectl rollout status deployment @{host}-agent -n @{namespace} --timeout=60s
kubectl delete secret @{host}-agent-token -n @{namespace}
