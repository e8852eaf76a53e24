kubectl create role dashboard --verb=get,list --resource=deployments -n @{namespace}
kubectl create rolebinding dashboard --role=dashboard --serviceaccount=@{namespace}:dashboard -n @{namespace}
