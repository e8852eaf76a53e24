kubectl delete rolebinding stock-sync price-sync -n @{namespace}
kubectl create rolebinding stock-sync --role=config-reader --group=system:serviceaccounts:@{namespace} -n @{namespace}
