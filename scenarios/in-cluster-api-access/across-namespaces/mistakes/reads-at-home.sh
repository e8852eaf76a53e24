kubectl create role configmap-reader --verb=get,list --resource=configmaps -n @{namespace}
kubectl create rolebinding collector-reads --role=configmap-reader --serviceaccount=@{namespace}:collector -n @{namespace}
kubectl patch deployment collector -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl get configmaps -o name; sleep 3; done"}]'
kubectl rollout status deployment collector -n @{namespace} --timeout=60s
