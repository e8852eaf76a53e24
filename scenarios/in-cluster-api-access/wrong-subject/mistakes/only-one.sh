kubectl delete rolebinding stock-sync -n @{namespace}
kubectl create rolebinding stock-sync --role=config-reader --serviceaccount=@{namespace}:stock-sync -n @{namespace}
