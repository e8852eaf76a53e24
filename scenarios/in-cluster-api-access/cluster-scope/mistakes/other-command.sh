kubectl delete role,rolebinding node-reader -n @{namespace}
kubectl create clusterrole node-reader --verb=get,list --resource=nodes
kubectl create clusterrolebinding node-reader --clusterrole=node-reader --serviceaccount=@{namespace}:node-report
kubectl patch deployment node-report -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl version; sleep 3; done"}]'
kubectl rollout status deployment node-report -n @{namespace} --timeout=60s
