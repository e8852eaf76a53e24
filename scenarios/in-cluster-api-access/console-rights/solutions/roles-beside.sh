# Rights add up: what is missing may come from other Roles.
kubectl create role reads-logs --verb=get --resource=pods/log -n @{namespace}
kubectl create role scales --verb=get,update,patch --resource=deployments.apps/scale -n @{namespace}
kubectl create rolebinding reads-logs --role=reads-logs --serviceaccount=@{namespace}:@{team} -n @{namespace}
kubectl create rolebinding scales --role=scales --serviceaccount=@{namespace}:@{team} -n @{namespace}
