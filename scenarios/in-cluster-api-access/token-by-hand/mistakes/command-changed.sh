kubectl delete secret @{host}-agent-token -n @{namespace}
kubectl patch deployment @{host}-agent -n @{namespace} --type=json -p '[
  {"op":"remove","path":"/spec/template/spec/containers/0/volumeMounts"},
  {"op":"remove","path":"/spec/template/spec/volumes"},
  {"op":"replace","path":"/spec/template/spec/containers/0/command/2",
   "value":"while true; do echo a token for @{host}.example.com, good for @{seconds} s; sleep 3; done"}]'
kubectl rollout status deployment @{host}-agent -n @{namespace} --timeout=60s
