-- Names and ids that Nova lets be 255 characters long.
ALTER TABLE quota_classes MODIFY name VARCHAR(255) NOT NULL;
ALTER TABLE quota_limits MODIFY project_id VARCHAR(255) NOT NULL, MODIFY user_id VARCHAR(255) NOT NULL;
ALTER TABLE quota_usage MODIFY project_id VARCHAR(255) NOT NULL, MODIFY user_id VARCHAR(255) NOT NULL;
ALTER TABLE key_pairs MODIFY user_id VARCHAR(255) NOT NULL;
ALTER TABLE key_pair_regions MODIFY user_id VARCHAR(255) NOT NULL;
ALTER TABLE flavor_access MODIFY project_id VARCHAR(255) NOT NULL;
ALTER TABLE host_states MODIFY host VARCHAR(255) NOT NULL;
