kubectl create role pod-reader --verb=list --resource=pods -n default
kubectl create rolebinding pod-reader --role=pod-reader --serviceaccount=@{namespace}:default -n default
