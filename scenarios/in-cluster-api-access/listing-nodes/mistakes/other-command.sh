kubectl delete role,rolebinding @{role} -n @{namespace}
kubectl create clusterrole @{role} --verb=get,list --resource=nodes
kubectl create clusterrolebinding @{role} --clusterrole=@{role} --serviceaccount=@{namespace}:@{program}
kubectl patch deployment @{program} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl version; sleep 3; done"}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
