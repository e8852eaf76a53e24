kubectl create rolebinding board-edit --clusterrole=edit --serviceaccount=@{namespace}:@{program} -n @{namespace}
