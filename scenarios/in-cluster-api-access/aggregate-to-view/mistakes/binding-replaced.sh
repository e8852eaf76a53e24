kubectl create clusterrole @{plural}-view --verb=get,list,watch --resource=@{plural}.ops.example.com
kubectl delete rolebinding @{user} -n @{namespace}
kubectl create rolebinding @{user} --clusterrole=@{plural}-view --user=@{user} -n @{namespace}
