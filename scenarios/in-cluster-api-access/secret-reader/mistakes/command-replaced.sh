kubectl create serviceaccount secret-reader -n @{namespace}
kubectl create role secret-reader --verb=get,list --resource=secrets -n @{namespace}
kubectl create rolebinding secret-reader --role=secret-reader --serviceaccount=@{namespace}:secret-reader -n @{namespace}
kubectl set serviceaccount deployment vault-sync secret-reader -n @{namespace}
kubectl patch deployment vault-sync -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command","value":["sh","-c","while true; do kubectl get secrets -o name; sleep 3; done"]}]'
kubectl rollout status deployment vault-sync -n @{namespace} --timeout=60s
