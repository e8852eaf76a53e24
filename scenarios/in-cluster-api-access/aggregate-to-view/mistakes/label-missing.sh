kubectl create clusterrole backups-view --verb=get,list,watch --resource=backups.ops.example.com
