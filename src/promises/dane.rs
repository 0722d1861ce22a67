//! DANE for SMTP (RFC 7672): the questions.
