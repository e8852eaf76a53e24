kubectl delete rolebinding release-bot -n @{namespace}
kubectl create rolebinding release-bot --role=deployment-reader --serviceaccount=@{namespace}:default -n @{namespace}
