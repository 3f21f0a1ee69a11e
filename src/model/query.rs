//! The filter language of lists: fuzzy words and field queries such as
//! `topic:governance status:open reward<` or `stake>100 -state:dissolved`.
