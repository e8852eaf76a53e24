kubectl delete rolebinding stock-sync price-sync -n @{namespace}
kubectl create rolebinding stock-sync --role=config-reader --serviceaccount=@{namespace}:stock-sync -n @{namespace}
kubectl create rolebinding price-sync --role=config-reader --serviceaccount=@{namespace}:price-sync -n @{namespace}
