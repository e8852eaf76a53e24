kubectl create role pod-reader --verb=list --resource=pods -n @{namespace}
kubectl create rolebinding pod-reader --role=pod-reader --serviceaccount=default:default -n @{namespace}
