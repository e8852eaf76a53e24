kubectl create rolebinding @{program}-view --clusterrole=view --serviceaccount=@{namespace}:@{program} -n @{other}
