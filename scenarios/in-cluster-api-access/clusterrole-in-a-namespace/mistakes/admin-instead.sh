kubectl create rolebinding @{program}-admin --clusterrole=admin --serviceaccount=@{namespace}:@{program} -n @{namespace}
