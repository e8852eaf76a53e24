kubectl create clusterrole @{plural}-view --verb=get,list,watch --resource=@{plural}.ops.example.com
