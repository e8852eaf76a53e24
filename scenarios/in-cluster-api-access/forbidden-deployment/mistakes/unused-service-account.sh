kubectl create serviceaccount pod-lister -n @{namespace}
kubectl create role pod-reader --verb=list --resource=pods -n @{namespace}
kubectl create rolebinding pod-reader --role=pod-reader --serviceaccount=@{namespace}:pod-lister -n @{namespace}
