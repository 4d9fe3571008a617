-- Text has no width here.
SELECT 1;
