kubectl create rolebinding @{program}-2 --role=@{role} --serviceaccount=@{namespace}:@{program} -n @{namespace}
