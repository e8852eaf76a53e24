kubectl create role pod-reader --verb=get,watch --resource=pods -n @{namespace}
kubectl create rolebinding pod-reader --role=pod-reader --serviceaccount=@{namespace}:default -n @{namespace}
