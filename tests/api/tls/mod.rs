//! TLS of the service's own connections, and passwords that change while it runs.

mod amqp;
mod authority;
mod broker;
mod cases;
mod check;
mod database;
mod gate;
mod http;
mod mariadb;
mod passwords;
mod renewal;

use self::authority::Authority;
use self::cases::each_case;
use self::gate::Gate;
