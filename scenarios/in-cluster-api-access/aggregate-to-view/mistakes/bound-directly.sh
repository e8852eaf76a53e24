kubectl create clusterrole @{plural}-view --verb=get,list,watch --resource=@{plural}.ops.example.com
kubectl create rolebinding @{user}-@{plural} --clusterrole=@{plural}-view --user=@{user} -n @{namespace}
