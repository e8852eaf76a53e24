kubectl create clusterrolebinding @{program}-view --clusterrole=view --serviceaccount=@{namespace}:@{program}
