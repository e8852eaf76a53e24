kubectl delete rolebinding stock-sync price-sync -n @{namespace}
kubectl create rolebinding stock-sync --role=config-reader --serviceaccount=@{namespace}:stock-sync -n @{namespace}
kubectl create rolebinding price-sync --role=config-reader --serviceaccount=@{namespace}:price-sync -n @{namespace}
kubectl patch role config-reader -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/0/resources","value":["*"]}]'
