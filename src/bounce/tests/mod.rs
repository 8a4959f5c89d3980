//! What real servers send back, in invented letters.
