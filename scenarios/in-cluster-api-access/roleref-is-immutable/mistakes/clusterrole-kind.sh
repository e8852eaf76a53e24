kubectl delete rolebinding release-bot -n @{namespace}
kubectl create rolebinding release-bot --clusterrole=deployment-reader --serviceaccount=@{namespace}:release-bot -n @{namespace}
