kubectl create serviceaccount secret-reader -n @{namespace}
kubectl create role secret-reader --verb=get,list --resource=secrets -n @{namespace}
kubectl create rolebinding secret-reader --role=secret-reader --serviceaccount=@{namespace}:secret-reader -n @{namespace}
kubectl annotate deployment vault-sync serviceAccountName=secret-reader -n @{namespace}
kubectl label deployment vault-sync serviceAccountName=secret-reader -n @{namespace}
