kubectl create rolebinding stock-view --clusterrole=view --serviceaccount=@{namespace}:stock-sync -n @{namespace}
kubectl create rolebinding price-view --clusterrole=view --serviceaccount=@{namespace}:price-sync -n @{namespace}
