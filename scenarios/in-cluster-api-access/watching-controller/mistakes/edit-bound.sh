kubectl create rolebinding @{singular} --clusterrole=edit --serviceaccount=@{namespace}:@{singular} -n @{namespace}
