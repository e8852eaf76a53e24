kubectl create role configmap-reader --verb=get,list --resource=configmaps -n @{namespace}
kubectl create rolebinding @{program}-reads --role=configmap-reader --serviceaccount=@{namespace}:@{program} -n @{namespace}
kubectl patch deployment @{program} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl get configmaps -o name; sleep 3; done"}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
