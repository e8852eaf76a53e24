kubectl delete secret vault-agent-token -n @{namespace}
kubectl patch deployment vault-agent -n @{namespace} --type=json -p '[
  {"op":"remove","path":"/spec/template/spec/containers/0/volumeMounts"},
  {"op":"remove","path":"/spec/template/spec/volumes"},
  {"op":"replace","path":"/spec/template/spec/containers/0/command/2",
   "value":"while true; do echo a token for vault.example.com, good for 600 s; sleep 3; done"}]'
kubectl rollout status deployment vault-agent -n @{namespace} --timeout=60s
