kubectl delete rolebinding support -n @{namespace}
kubectl create rolebinding support --clusterrole=edit --serviceaccount=@{namespace}:support -n @{namespace}
