kubectl create rolebinding @{user}-watches -n @{namespace} --clusterrole=@{watcher}-lite --user=@{user}
